-- The small shop that the guard's tests run on: DuckDB, PostgreSQL and SQLite all read it.
create table orders (id integer, customer_id integer, store integer, total double precision, placed_at timestamp, note varchar);
create table customers (id integer, name varchar, email varchar, city varchar, password varchar);
create table secrets (id integer, token varchar);
insert into orders values
  (1, 1, 1, 10.5, '2017-01-03 10:00:00', 'gift for Ann'), (2, 1, 2, 12.25, '2017-01-03 18:30:00', null),
  (3, 2, 1, 13.0, '2017-02-10 09:15:00', 'it''s; -- not a comment /* nor this */'), (4, 3, 3, 20.0, '2017-02-28 23:59:59', ''),
  (5, 9, 2, 15.75, '2017-03-01 00:00:00', 'a gift'), (6, 2, 3, 4.5, '2017-12-31 12:00:00', null);
insert into customers values
  (1, 'Ann', 'ann@example.org', 'Ulm', 'p1'), (2, 'Bob', 'bob@example.org', 'Bonn', 'p2'),
  (3, 'Cara', 'cara@example.org', 'Ulm', 'p3'), (4, 'Dan', 'dan@example.org', 'Köln', 'p4');
insert into secrets values (1, 'TOKEN');
