"""Looking at a result: the dormancy rule asked again while sliders move; nothing here solves."""
