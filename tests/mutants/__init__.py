"""Small mistakes planted in copies of the ledger, one by one; its tests find them."""
