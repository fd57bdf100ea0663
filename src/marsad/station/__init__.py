"""The running service: journal, clock, sockets, API."""


def warm_up() -> None:
    """Compile what the console asks for, and simulate the demonstration's night, so that nobody waits for it later."""
    import numpy as np

    import marsad.station.demo
    import marsad.station.serving  # noqa: F401  loaded, so that their bytecode is kept
    from marsad.geo.sight import ground_seen
    from marsad.geo.terrain import TerrainGrid
    from marsad.station.bytecode import keep_bytecode
    from marsad.station.night import night

    axis = np.linspace(0.0, 0.01, 4)
    ground = TerrainGrid(0.0, 0.0, 0.005, 0.005, np.zeros((4, 4)))
    ground_seen(ground, 0.0, 0.0, 10.0, latitudes_rad=axis, longitudes_rad=axis)
    night()
    keep_bytecode()
