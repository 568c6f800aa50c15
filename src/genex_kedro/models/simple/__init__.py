"""What every network stands beside: models without one."""
