"""Privacy policy and user agreement: the documents, and who agreed to them."""
