-- a ; comment '
/* another ; " */;; create/**/source s key(id);
Create View v As Select * From s -- end
;