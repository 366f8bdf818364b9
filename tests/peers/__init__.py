"""Second opinions: independent implementations of the services' protocols."""
