"""Orders. Here their history tables only; the lifecycle comes with the state machine."""
