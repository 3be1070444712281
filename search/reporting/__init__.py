"""The report of a study: one HTML page that needs no network.

`contents.py` gathers what the page tells, as plain data; `page.html`, `page.css` and `page.js` show
it; `page.py` puts them into one file.
"""
