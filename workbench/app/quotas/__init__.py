"""Quotas as bars against what there is to give."""

from workbench.app.quotas.quotas import QuotaBars, quotas_of

__all__ = ["QuotaBars", "quotas_of"]
