# The process dies at different points of the same switches, and answers are lost: nobody is ever without a release.
layout child
apply
  > exit 0
bind canary GL1.1
cut after 0 changes
apply
  > cut
cut after 2 changes
apply
  > cut
plan
  > note unfinished
  ! drift
calls break after they are served
apply
  > exit 0
  > 0 failed
calm
children of web-01
  > great-linux/_parent
  > great-linux/GL1.1
plan
  > No changes.
  ! drift
