apply
set web waves = ["1", "25%"]
plan
  > xxx
