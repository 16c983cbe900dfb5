"""The Responses and Conversations APIs over HTTP."""
