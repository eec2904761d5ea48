"""The portal: each page is a GraphQL operation, a template and a handler, with no rule of its own."""
