"""A cohort with a planted truth: what every method of the study can be checked against.

:func:`simulate` draws bulk expression in log2(x+1) from effects that it hands back beside the
cohort. With x the value before drop-outs of gene g in sample i, of patient p and tissue t::

    x = base[g] + program[t, g] + sex[p] * sex_shift[g]            the healthy tissue
      + purity[i] * (shared_shift[g] + type_shift[type, g])        the tumor
      + source_shift[source, g]                                    the laboratory
      + patient[p, g]                                              the same in all of a patient's samples
      + factors[i] @ loadings[:, g] + noise[i, g]                  this one biopsy

and 0 where x is lost: the chance of that falls with x. Strengths are those measured on real
cohorts (`SimulationSettings` names them); the genes carry real symbols, and true markers mark
their tissue, but no value comes from a real sample.
"""

from genex_kedro.simulation.generate import Truth, simulate
from genex_kedro.simulation.settings import SimulationSettings

__all__ = ["SimulationSettings", "Truth", "simulate"]
