"""Login by OpenID Connect (手机盾登录 for business systems): Authlib's protocol, with a signed request as the login."""
