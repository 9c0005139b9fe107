"""Files between the browser and the workbench: dropped, chosen, downloaded."""

from workbench.app.transfer.transfer import LARGEST_BYTES, Received, Transfer

__all__ = ["LARGEST_BYTES", "Received", "Transfer"]
