"""Which pixel of an image shows which gene.

The order of neighbours is all that an image adds to a list of values, so it is chosen: along the
chromosomes (Lyu and Haque 2018), by similarity in the training samples (DeepInsight, Sharma et
al. 2019, but one gene a pixel), or at random, the control that says whether the order matters.
"""

from genex_kedro.imaging.layout import GeneImageLayout
from genex_kedro.imaging.orders import LayoutSettings, lay_out

__all__ = ["GeneImageLayout", "LayoutSettings", "lay_out"]
