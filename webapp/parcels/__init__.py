"""Where is a parcel: staff look up a number of DHL and see its way."""
