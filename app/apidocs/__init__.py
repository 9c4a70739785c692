"""The API described: OpenAPI for programs, one page for those who write them."""
