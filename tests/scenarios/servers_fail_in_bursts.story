# Every fourth call is answered with a 500, 502 or 503.
every 4 th call fails
apply
  > exit 0
  > 0 failed
calm
plan
  > No changes.
most updates
  > 1
