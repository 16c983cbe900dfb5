"""The Responses and Conversations APIs: their state and rules, over the same brain as the Assistants API."""
