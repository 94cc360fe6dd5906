"""How Django itself writes dates where nothing of ours does: on the pages of staff."""
