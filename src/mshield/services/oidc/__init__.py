"""Login by OpenID Connect (手机盾登录 for business systems): the protocol is Authlib's, the login a signed request."""
