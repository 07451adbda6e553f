"""The whole program on the simulated platform, under faults, for as long as one likes."""
