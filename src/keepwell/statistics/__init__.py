"""Statistics of counts over time: arrays in, arrays out. They know nothing of rules, customers or stores.

`silence` asks how unlikely an open gap is, `shift` when a level of use changed, `common` whether it changed for
everybody, `failures` whether failures are the customer's own, `work` whether less was produced than expected, `trend`
what eight weeks say, `limits` when a limit is reached; `tails` sums probabilities for them. SciPy is imported where it
is used, so that importing this is light.
"""
