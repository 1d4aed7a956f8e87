"""What score and evaluate write: measures as JSON, and plots beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from common.atomic_files import write_bytes, write_errors, write_text
from transforms.plots.style import png


def write_report(output: str, name: str, document: Mapping[str, Any], figures: Mapping[str, Any]) -> list[str]:
    """Write the figures, then the document; each file is whole or absent.

    Args:
        output: folder or URL.
        name: of the document's file.
        document: of JSON's types.
        figures: by the names of their files.

    Returns:
        The names of all files.

    Raises:
        LaughterError: the folder cannot be written.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    with write_errors(output):
        for file, figure in figures.items():
            write_bytes(f"{output}/{file}", png(figure))
        write_text(f"{output}/{name}", text + "\n")
    return [name, *figures]
