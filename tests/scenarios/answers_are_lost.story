# The connection breaks once for each changing call after it was served: everything happens, and no first answer says so.
calls break after they are served
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
