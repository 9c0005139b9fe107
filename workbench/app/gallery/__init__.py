"""The templates to choose from, each with a picture of its grid."""

from workbench.app.gallery.gallery import TemplateDialog

__all__ = ["TemplateDialog"]
