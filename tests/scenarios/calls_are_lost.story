# The connection breaks once for each changing call before it is served.
calls break before they are served
apply
  > exit 0
  > 0 failed
calm
plan
  > No changes.
most updates
  > 1
sources
  > great-linux/GL1
  > great-linux/GL1.1
