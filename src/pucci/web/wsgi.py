"""The site alone, for mod_wsgi: the camera and the media app are `pucci camera`'s."""

from pucci.services import build
from pucci.settings_file import read_settings
from pucci.web.site import create_app

application = create_app(build(read_settings(), may_migrate=False, camera_is_elsewhere=True))
