"""Gets official statements to the public exactly as approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publisher.api import Publisher, Source

__version__ = "0.1.0"
__all__ = ["Publisher", "Source", "__version__"]


def __getattr__(name: str) -> Any:
    """`Publisher` and `Source` are loaded when first asked for: importing the package stays cheap."""
    if name in ("Publisher", "Source"):
        from publisher import api

        return getattr(api, name)
    raise AttributeError(f"module 'publisher' has no attribute {name!r}")
