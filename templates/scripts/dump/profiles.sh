{#- Who acts where, for the heads of scripts. -#}
{%- if accounts | length > 1 %}
#                       The stores lie in several accounts of AWS; who acts in each:
{%- for account in accounts %}
#   BACKSTAY_AWS_PROFILE_{{ account | comment }}  a profile of the AWS configuration
{%- endfor %}
{%- endif -%}
