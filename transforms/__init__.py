"""One module a step, in the order of the flow: plain functions first, a thin PTransform last."""
