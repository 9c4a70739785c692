"""What every counter uses: pages, forms, guards, refusals, words and headers."""
