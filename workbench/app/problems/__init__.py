"""The list of what the checks found."""

from workbench.app.problems.problems import ProblemList, problems_of

__all__ = ["ProblemList", "problems_of"]
