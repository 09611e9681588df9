"""The map task and the reduce task: each joins the steps of the road for one attempt."""
