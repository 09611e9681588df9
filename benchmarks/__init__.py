"""Measurements: how much time and memory jobs take, compared with the programs alone and others."""
