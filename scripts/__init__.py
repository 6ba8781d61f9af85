"""Setting up a checkout. Nothing here is installed with ShopOps; run from the checkout's root, by `make`."""
