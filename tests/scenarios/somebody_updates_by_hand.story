# Somebody detaches web-02 from its release, attaches the vendor's sources and runs yum update.
apply
  > exit 0
by hand: update web-02 from the vendor
plan
  > drift web-02: parent
  > ahead web-02
  > change web-02
apply
  > exit 0
# It rides its release again. What is newer stays so: nothing is ever downgraded.
plan
  > No changes.
  > web: 11 of 12 at GL1
  > ahead web-02
  ! drift
