"""Random small worlds, random damage, and what validators and sigtap make of them."""
