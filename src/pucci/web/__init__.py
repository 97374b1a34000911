"""The two faces on the web: the site makes pages, the media app sends bytes."""
