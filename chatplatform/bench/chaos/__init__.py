"""`bench chaos`: clients talk while processes are killed at random; afterwards everything that was acknowledged must be there, once, in order.

`run` puts it together: `stage` makes organisations, `clients` talk and remember, `storm` kills, `judge` compares what was promised with what is there.
"""
