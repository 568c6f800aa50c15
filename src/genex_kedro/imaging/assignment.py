"""Points of a plane onto the pixels of a square, one a pixel, each near its point.

The exact answer is a linear assignment, whose time grows with the cube of the number of genes
(10,381 genes on 102 x 102 took 61 s of a core on a uniform and 1,409 s on a clumped cloud). Here
the square is halved again and again, the points with it, and within small blocks the assignment
is exact; then blocks that straddle the cuts are assigned anew, which can only shorten the way.
Tests hold the total squared way within 2 % of the exact one.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

_BLOCK = 30  # pixels along an edge of the blocks assigned exactly
_SWEEPS = 6


def uniform_marginals(points: np.ndarray, side: int) -> np.ndarray:
    """Quantile transform: each coordinate evenly spread over the pixels, shape (n, 2)."""
    ranks = np.stack([rankdata(axis, method="ordinal") for axis in points.T], axis=1)
    return (ranks - 0.5) / len(points) * side - 0.5


def assign_pixels(points: np.ndarray, side: int) -> np.ndarray:
    """A pixel for every point, none twice.

    Parameters
    ----------
    points : ndarray, shape (n_points, 2)
        Row and column, in pixels: from 0 to side - 1, more or less evenly spread.
    side : int
        At least the square root of the number of points.

    Returns
    -------
    ndarray of int, shape (n_points,)
        Numbers of the pixels, counted row by row.

    Raises
    ------
    ValueError
        If there are more points than pixels.
    """
    points = np.asarray(points, dtype=float)
    if len(points) > side**2:
        raise ValueError(f"{len(points)} points on {side**2} pixels")
    pixels = np.full(len(points), -1)
    _halve(points, np.arange(len(points)), (0, side, 0, side), side, pixels)
    step = _BLOCK // 2
    for sweep in range(_SWEEPS if side > _BLOCK else 0):
        offset = step if sweep % 2 == 0 else 0
        pixels = _sweep(points, pixels, side, offset)
    return pixels


def _halve(points, members, box, side, pixels) -> None:
    """Divide a box and its points along the longer edge until blocks are small; assign those."""
    top, bottom, left, right = box
    height, width = bottom - top, right - left
    if max(height, width) <= _BLOCK:
        grid = np.stack(np.mgrid[top:bottom, left:right], axis=-1).reshape(-1, 2)
        pixels[members] = _exact(points[members], grid) @ np.array([side, 1])
        return
    axis = 0 if height >= width else 1
    cut = (height if axis == 0 else width) // 2
    if axis == 0:
        boxes = (top, top + cut, left, right), (top + cut, bottom, left, right)
    else:
        boxes = (top, bottom, left, left + cut), (top, bottom, left + cut, right)
    room = [(b - t) * (end - start) for t, b, start, end in boxes]
    first = round(len(members) * room[0] / sum(room))
    first = min(max(first, len(members) - room[1]), room[0])
    order = members[np.argsort(points[members, axis], kind="stable")]
    for part, half in zip((order[:first], order[first:]), boxes, strict=True):
        _halve(points, part, half, side, pixels)


def _sweep(points, pixels, side, offset) -> np.ndarray:
    """Assign every block of a shifted grid anew, with its own genes and all of its pixels."""
    pixels = pixels.copy()
    edges = np.unique(np.clip(np.arange(-offset, side + _BLOCK, _BLOCK), 0, side))
    rows, columns = np.divmod(pixels, side)
    block = np.digitize(rows, edges) * (len(edges) + 1) + np.digitize(columns, edges)
    for name in np.unique(block):
        members = np.flatnonzero(block == name)
        i, j = divmod(int(name), len(edges) + 1)
        grid = np.stack(
            np.mgrid[edges[i - 1] : edges[i], edges[j - 1] : edges[j]], axis=-1
        ).reshape(-1, 2)
        pixels[members] = _exact(points[members], grid) @ np.array([side, 1])
    return pixels


def _exact(points: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The pixels (n, 2) of a block with the least sum of squared distances to its points."""
    cost = ((points[:, None, :] - grid[None]) ** 2).sum(-1)
    return grid[linear_sum_assignment(cost)[1]]
