"""Planning: what a site's sensors and rules would do, from simulation."""
