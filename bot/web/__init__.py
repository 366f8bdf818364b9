"""The web for residents: the page, the public page of a place, their API."""
