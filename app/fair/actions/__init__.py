"""What happens in the fair: drafting, reviewing, revising, seats, upkeep."""
