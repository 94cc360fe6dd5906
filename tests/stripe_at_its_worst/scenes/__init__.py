"""How each site is reached, by what it is about. A scene is a function that prepares one for a buyer."""
