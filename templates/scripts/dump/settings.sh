{#- The constants of the scripts around dumps. -#}
NAME={{ name | sh }}
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
DATABASES=(
{%- for database in databases %}
  {{ database.name | sh }}
{%- endfor %}
)
{%- if stores %}
STORE_TOOLS=({% if "s3" in [store.kind for store in stores] %}aws{% endif %}{% if "blob" in [store.kind for store in stores] %}{% if "s3" in [store.kind for store in stores] %} {% endif %}az{% endif %})
# Retention classes, shortest period first.
CLASSES=({% for class in classes %}{{ class.name | sh }}{% if not loop.last %} {% endif %}{% endfor %})
{%- endif %}
