"""Kernels that find launch sites: rockets traced back to the ground, crowds of tracks that begin low and close."""

from __future__ import annotations

import numpy as np
from numba import njit

from marsad.track.launch import SITE_UP_SIGMA_M, learn, trace_back
from marsad.track.tables import Tables
from marsad.track.types import Sites, Tracks

SITE_WEIGHT = 0.5  # how sure it must be that a track is a rocket before a site learns from it
CROWD, CROWD_S, CROWD_M, CROWD_SIGMA_M = 3, 4.0, 700.0, 300.0  # a crowd of beginnings is a launch site
# rockets that follow each other by one look stand in the plots like a column of hovering objects, and only what is new
# at its top begins a track: one further up at each look
CROWD_UP_M = 1200.0


@njit(cache=True, error_model="numpy")
def is_telling(hits: int, site: int) -> bool:
    """Whether a track seen so often, of a known site or none (-1), has something new to say of its launch site."""
    return hits == 4 or hits == 8 or (hits == 2 and site < 0)


@njit(cache=True, error_model="numpy")
def learn_sites(new: Tracks, i: int, time_s: float, tables: Tables, sites: Sites, used: int) -> int:
    """Trace a rocket (``is_telling``) back to the ground and let the sites learn from it; give the rows in use."""
    best = -1
    for k in range(tables.kind.shape[0]):
        if tables.kind[k] == 2 and new.weight[i, k] > SITE_WEIGHT:
            best = k
    if best < 0:
        return used
    at, spread = np.empty(7), np.empty((7, 7))
    back = trace_back(new.mean[i, best], new.covariance[i, best], tables.ground_up_m, 20.0, at, spread)
    if back < 0.0 or time_s - back < new.born_s[i] - 4.0:
        return used
    row, used = learn(at, spread, time_s - back, new.hits[i] == 4, tables.launch[8] ** 2, sites, used)
    if new.site[i] < 0:
        new.site[i] = row
    return used


@njit(cache=True, error_model="numpy")
def suspect_site(new: Tracks, rows: int, time_s: float, tables: Tables, sites: Sites, used: int) -> int:
    """Suspect a launch site where several tracks began low and close together; give the rows in use."""
    newest = rows - 1
    if new.born_enu_m[newest, 2] - tables.ground_up_m > CROWD_UP_M or used == sites.last_s.shape[0]:
        return used
    for k in range(used):
        dx = sites.position_enu_m[k, 0] - new.born_enu_m[newest, 0]
        dy = sites.position_enu_m[k, 1] - new.born_enu_m[newest, 1]
        if dx * dx + dy * dy < 4.0 * CROWD_M**2:
            return used
    near = 0
    lowest, first_s = newest, time_s
    for i in range(rows):
        if time_s - new.born_s[i] <= CROWD_S and new.born_enu_m[i, 2] - tables.ground_up_m < CROWD_UP_M:
            dx = new.born_enu_m[i, 0] - new.born_enu_m[newest, 0]
            dy = new.born_enu_m[i, 1] - new.born_enu_m[newest, 1]
            if dx * dx + dy * dy < CROWD_M**2:
                near += 1
                first_s = min(first_s, new.born_s[i])
                if new.born_enu_m[i, 2] < new.born_enu_m[lowest, 2]:
                    lowest = i
    if near < CROWD:
        return used
    sites.position_enu_m[used, 0] = new.born_enu_m[lowest, 0]
    sites.position_enu_m[used, 1] = new.born_enu_m[lowest, 1]
    sites.position_enu_m[used, 2] = tables.ground_up_m
    sites.information[used] = 0.0
    sites.information[used, 0, 0] = sites.information[used, 1, 1] = 1.0 / CROWD_SIGMA_M**2
    sites.information[used, 2, 2] = 1.0 / SITE_UP_SIGMA_M**2
    sites.moments[used] = 0.0
    sites.first_s[used], sites.last_s[used], sites.recalled[used] = first_s - 1.0, time_s, 0
    return used + 1
