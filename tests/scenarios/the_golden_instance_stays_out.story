# Somebody puts the golden instance into a group whose members are the service's to say.
apply
  > exit 0
leave web to the service
plan
  > No changes.
by hand: put golden-01 into group web
plan
  > note golden-left-out
  ! change golden-01
apply
  > 0 changing
